"""The data set card: YAML for the Hub and ``datasets``, and sections for people."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from airflow_artifacts.distiset import markdown
from airflow_artifacts.distiset.features import features
from airflow_artifacts.distiset.model import ARTIFACTS_FOLDER
from airflow_artifacts.exceptions import DistisetError
from airflow_artifacts.hub import Readme, merge_entries, merge_tags
from airflow_artifacts.hub.readme import section_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from jinja2 import Environment

    from airflow_artifacts.distiset.manifest import Manifest, SavedSubset

TEMPLATE = "card.md.jinja"
_BEGIN = "<!-- airflow-artifacts:begin "
_SECTIONS = frozenset({"summary", "structure", "steps", "artifacts", "reproduction", "card"})
# A template without sections of its own is one section.
_WHOLE = "<!-- airflow-artifacts:begin card -->\n{}\n<!-- airflow-artifacts:end card -->\n"
TAGS = ("airflow", "airflow-artifacts", "distiset")
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
_UNITS = ("", "K", "M", "B", "T")


@dataclass(frozen=True)
class Card:
    """What a card is written from.

    Attributes:
        manifest: Everything that was saved, but the card itself.
        examples: A row of each subset, as far as there is one at hand.
        location: What ``load_dataset`` is given in the snippets, None where it cannot open the place.
        url: Where the distiset is, for the snippets in the other case.
        template: Jinja template of the text, None for the package's own.
        part: The part of the rows that was added last, whose images are shown.
    """

    manifest: Manifest
    examples: Mapping[str, Mapping[str, Any]]
    location: str | None
    url: str
    template: str | None = None
    part: str = ""

    def render(self, existing: str | None, *, prefix: str = "", former: Collection[str] = ()) -> str:
        """Write the card.

        Args:
            existing: The card that is there already; what a person wrote in it is kept.
            prefix: Path from the card to the data, empty or with a slash at its end.
            former: Names of the subsets that the existing card describes.

        Raises:
            DistisetError: The YAML of the existing card cannot be read, or the template cannot be rendered.
        """
        readme = Readme.parse(existing or "")
        readme.replace_sections(self._body(prefix), drop=_SECTIONS)
        ours = {*former, *(subset.name for subset in self.manifest.subsets)}
        yaml = readme.yaml
        yaml["configs"] = merge_entries(yaml.get("configs"), self._configs(prefix), ours)
        yaml["dataset_info"] = merge_entries(yaml.get("dataset_info"), self._infos(), ours)
        if [info["config_name"] for info in yaml["dataset_info"]] == ["default"]:
            # As ``datasets`` writes it where nothing but the default is there.
            yaml["dataset_info"] = {
                key: value for key, value in yaml["dataset_info"][0].items() if key != "config_name"
            }
        yaml["size_categories"] = [size_category(self.manifest.rows)]
        yaml["tags"] = merge_tags(yaml.get("tags"), TAGS)
        return readme.render()

    def _configs(self, prefix: str) -> list[dict[str, Any]]:
        return [
            {
                "config_name": subset.name,
                "data_files": [
                    {"split": split.name, "path": f"{prefix}{subset.name}/{split.name}-*"}
                    for split in subset.splits
                ],
            }
            for subset in self.manifest.subsets
        ]

    def _infos(self) -> list[dict[str, Any]]:
        return [self._info(subset) for subset in self.manifest.subsets]

    def _info(self, subset: SavedSubset) -> dict[str, Any]:
        sizes = {file.path: file.size for file in self.manifest.files}
        return {
            "config_name": subset.name,
            "features": features(subset.arrow_schema),
            "splits": [
                {"name": split.name, "num_bytes": split.size, "num_examples": split.rows}
                for split in subset.splits
            ],
            "download_size": sum(sizes[path] for split in subset.splits for path in split.files),
            "dataset_size": sum(split.size for split in subset.splits),
        }

    def _body(self, prefix: str) -> str:
        sizes = {file.path: file.size for file in self.manifest.files}
        artifacts_size = sum(size for path, size in sizes.items() if path.startswith(f"{ARTIFACTS_FOLDER}/"))
        source = self.template or resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
        with _template_errors():
            text = (
                _environment()
                .from_string(source)
                .render(
                    manifest=self.manifest,
                    examples=self.examples,
                    part=self.part,
                    sizes=sizes,
                    artifacts_size=artifacts_size,
                    data_size=sum(sizes.values()) - artifacts_size,
                    prefix=prefix,
                    location=self.location,
                    url=self.url,
                )
            )
        if _BEGIN not in text:
            return _WHOLE.format(text.strip())
        if len(section_names(text)) != text.count(_BEGIN):
            raise DistisetError(
                "The template of the card begins a section that it does not end, or whose name is not made of the "
                "letters a to z, '_' and '-', or begins one twice. End each one, or have none."
            )
        return text


def check_template(source: str) -> None:
    """Refuse a template of a card that is not Jinja.

    Raises:
        DistisetError: It is not.
    """
    with _template_errors():
        _environment().parse(source)


@contextmanager
def _template_errors() -> Iterator[None]:
    from jinja2 import TemplateError

    try:
        yield
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f" in line {line}" if line else ""
        raise DistisetError(f"The template of the card cannot be rendered{where}: {error}") from error


def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=False,  # noqa: S701 - Markdown is written, and the filters escape for it and for HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (
        markdown.code,
        markdown.inline,
        markdown.json_block,
        markdown.json_line,
        markdown.link,
        markdown.size,
        markdown.string,
    ):
        environment.filters[function.__name__] = function
    environment.filters["is_image"] = lambda path: path.lower().endswith(_IMAGES)
    return environment


def size_category(rows: int) -> str:
    """Give the Hub's bucket for a number of rows: ``n<1K``, ``1K<n<10K``, ... ``n>1T``."""
    if rows < 1000:  # noqa: PLR2004
        return "n<1K"
    digits = len(str(rows)) - 1
    if digits >= 12:  # noqa: PLR2004
        return "n>1T"
    low, high = (f"{10 ** (power % 3)}{_UNITS[power // 3]}" for power in (digits, digits + 1))
    return f"{low}<n<{high}"
