from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from starlette.requests import HTTPConnection

from roomread.api.context import buffer_bytes, needs, principal_with
from roomread.api.problems import RefusedError
from roomread.services.accounts import Principal, Scope
from roomread.services.shares import ByteBudget


def connection(principal: Principal | None) -> HTTPConnection:
    state: dict[str, Any] = {} if principal is None else {"principal": principal}
    return HTTPConnection({"type": "http", "headers": [], "state": state})


ANNA = Principal("user:anna", frozenset({Scope.READ}))


def test_scope_check_returns_a_sender_that_has_the_required_scope() -> None:
    assert principal_with(connection(ANNA), Scope.READ) is ANNA
    assert needs(Scope.READ)(connection(ANNA), None) is ANNA


@pytest.mark.parametrize("megabytes", [1, 20, 50])
def test_buffer_budget_suffices_for_pictures_of_the_maximum_size_from_two_senders(
    megabytes: int,
) -> None:
    buffers = ByteBudget(buffer_bytes(megabytes))
    assert buffers.take("user:anna", megabytes * 1_000_000)
    assert buffers.take("user:ben", megabytes * 1_000_000)


@pytest.mark.parametrize("scope", sorted(set(Scope) - {Scope.READ}))
def test_refusal_names_the_missing_scope(scope: Scope) -> None:
    with pytest.raises(RefusedError, match=f"the scope '{scope}' is required") as refused:
        needs(scope)(connection(ANNA), None)
    assert refused.value.status == 403


def test_unauthenticated_request_is_refused() -> None:
    with pytest.raises(RefusedError, match="is required"):
        principal_with(connection(None), Scope.READ)
