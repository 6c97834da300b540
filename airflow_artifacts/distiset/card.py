"""The data set card: YAML for the Hub and ``datasets``, and sections for people."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from airflow_artifacts.distiset import markdown
from airflow_artifacts.distiset.features import features
from airflow_artifacts.distiset.front_matter import Readme, merge_entries, merge_tags
from airflow_artifacts.distiset.model import ARTIFACTS_FOLDER

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from airflow_artifacts.distiset.manifest import Manifest, SavedSubset
    from airflow_artifacts.distiset.survey import Survey

TEMPLATE = "card.md.jinja"
TAGS = ("airflow", "airflow-artifacts", "distiset")
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
_UNITS = ("", "K", "M", "B", "T")


@dataclass(frozen=True)
class Card:
    """What a card is written from.

    Attributes:
        manifest: Everything that was saved, but the card itself.
        surveys: What the first pass found out about each subset.
        location: What ``load_dataset`` is given in the snippets, None where it cannot open the place.
        url: Where the distiset is, for the snippets in the other case.
    """

    manifest: Manifest
    surveys: Mapping[str, Survey]
    location: str | None
    url: str

    def render(self, existing: str | None, *, prefix: str = "", former: Collection[str] = ()) -> str:
        """Write the card.

        Args:
            existing: The card that is there already; what a person wrote in it is kept.
            prefix: Path from the card to the data, empty or with a slash at its end.
            former: Names of the subsets that the existing card describes.

        Raises:
            DistisetError: The YAML of the existing card cannot be read.
        """
        readme = Readme.parse(existing or "")
        readme.replace_sections(self._body(prefix))
        ours = {*former, *self.surveys}
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
            "features": features(self.surveys[subset.name].schema),
            "splits": [
                {"name": split.name, "num_bytes": split.size, "num_examples": split.rows}
                for split in subset.splits
            ],
            "download_size": sum(sizes[path] for split in subset.splits for path in split.files),
            "dataset_size": sum(split.size for split in subset.splits),
        }

    def _body(self, prefix: str) -> str:
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
        template = resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
        sizes = {file.path: file.size for file in self.manifest.files}
        artifacts_size = sum(size for path, size in sizes.items() if path.startswith(f"{ARTIFACTS_FOLDER}/"))
        return environment.from_string(template).render(
            manifest=self.manifest,
            examples={name: survey.example for name, survey in self.surveys.items()},
            sizes=sizes,
            artifacts_size=artifacts_size,
            data_size=sum(sizes.values()) - artifacts_size,
            prefix=prefix,
            location=self.location,
            url=self.url,
        )


def size_category(rows: int) -> str:
    """Give the Hub's bucket for a number of rows: ``n<1K``, ``1K<n<10K``, ... ``n>1T``."""
    if rows < 1000:  # noqa: PLR2004
        return "n<1K"
    digits = len(str(rows)) - 1
    if digits >= 12:  # noqa: PLR2004
        return "n>1T"
    low, high = (f"{10 ** (power % 3)}{_UNITS[power // 3]}" for power in (digits, digits + 1))
    return f"{low}<n<{high}"
