"""Writing the keyring where a backend that is only read comes before the real one."""

from __future__ import annotations

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordSetError

from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.support.factories import OTHER_ID, OTHER_SECRET, SECRET
from tests.unit.credentials.test_keyring_writer import (
    NEW,
    OLD_ENTRY,
    Vault,
    change,
    restored,
    store_with,
    write_failure,
)

__all__ = ["restored"]


class ReadOnly(KeyringBackend):
    """A backend that is only read, as those for package indexes are; each of them refuses in its own way."""

    priority = 9

    def __init__(self, problem: BaseException | None) -> None:
        self.problem = problem

    def get_password(self, service: str, username: str) -> str | None:
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.problem:
            raise self.problem

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


REFUSALS = [NotImplementedError(), PasswordSetError("no"), RuntimeError(SECRET), None]


@pytest.mark.parametrize("problem", REFUSALS, ids=["not made", "no", "a crash", "stores nothing"])
@pytest.mark.parametrize("entries", [{}, {"credentials": OLD_ENTRY}, {"key": OTHER_ID, "secret": OTHER_SECRET}])
def test_a_member_that_is_only_read_is_passed_over(entries: dict[str, str], problem: BaseException | None) -> None:
    vault = Vault(**entries)
    store = store_with(ReadOnly(problem), vault)

    change(store)

    assert store.load(PROFILE.credentials).matches(NEW)
    assert list(vault.entries) == ["credentials"]
    assert store.delete()
    assert vault.entries == {}


@pytest.mark.parametrize(
    ("problem", "words"), [(NotImplementedError(), "is only read"), (EOFError(), "nobody can type")]
)
def test_a_keyring_that_takes_nothing_says_why(problem: BaseException, words: str) -> None:
    with pytest.raises(GuardError, match=words) as failure:
        store_with(ReadOnly(problem)).add(NEW)
    assert failure.value.findings[0].name == "store-not-written"


def test_a_locked_member_of_a_chain_is_not_passed_over() -> None:
    vault = Vault()
    assert write_failure(store_with(ReadOnly(KeyringLocked("no")), vault)) == "store-not-written"
    assert vault.entries == {}
