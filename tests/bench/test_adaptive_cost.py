from arllie_deploy.bench.adaptive_cost import share_of_a_frame


def test_the_share_is_a_small_positive_number() -> None:
    """The limit of 5 % is a budget (make bench-budgets); here only that something sensible is measured."""
    assert 0.001 < share_of_a_frame() < 0.5
