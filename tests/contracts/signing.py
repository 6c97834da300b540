"""What signed URLs have to be, on servers that check signatures, as tests to inherit."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, ClassVar

import pytest

if TYPE_CHECKING:
    from airflow_artifacts.storage import ObjectStore

PLAIN_KEYS = ["a/b.txt", "runs/a~2Eb/artifacts/it-0123456789abcdef/a.b_c-d+e=f.txt"]
ODD_KEYS = ["a b/ü+#%&=.txt", "日本/名前.txt"]


def fetch(url: str, method: str = "GET") -> bytes:
    """Ask without any credentials."""
    request = urllib.request.Request(url, method=method, data=b"2" if method == "PUT" else None)  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - of this machine
        data: bytes = answer.read()
        return data


class SigningContract:
    """Supply the fixture ``store``."""

    secrets: ClassVar[tuple[str, ...]] = ()
    signs_odd_keys: ClassVar[bool] = True

    @pytest.mark.parametrize("key", [*PLAIN_KEYS, *ODD_KEYS])
    def test_a_signed_url_is_all_that_is_needed_to_read(self, store: ObjectStore, key: str) -> None:
        store.replace(key, b"1")
        url = store.signed_url(key, 60)
        if url is None:
            assert not self.signs_odd_keys
            assert key in ODD_KEYS
            return
        assert fetch(url) == b"1"
        assert not any(secret in url for secret in self.secrets)

    def test_a_signed_url_is_for_one_object_and_for_reading(self, store: ObjectStore) -> None:
        store.replace("a/one", b"1")
        store.replace("a/two", b"2")
        url = store.signed_url("a/one", 60)
        assert url is not None
        for changed, method in [
            (url.replace("a/one", "a/two"), "GET"),
            (url.partition("?")[0], "GET"),
            (url[:-1] + ("0" if url[-1] != "0" else "1"), "GET"),
            (url, "PUT"),
        ]:
            with pytest.raises(urllib.error.HTTPError) as caught:
                fetch(changed, method)
            assert 400 <= caught.value.code < 500, changed
            caught.value.close()
        assert store.read("a/one") == b"1"

    def test_a_signed_url_expires(self, store: ObjectStore) -> None:
        store.replace("a", b"1")
        url = store.signed_url("a", 2)
        assert url is not None
        assert fetch(url) == b"1"
        time.sleep(3.1)
        with pytest.raises(urllib.error.HTTPError) as caught:
            fetch(url)
        assert 400 <= caught.value.code < 500
        caught.value.close()
