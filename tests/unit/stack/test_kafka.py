from stack.kafka import new_cluster_id


class TestNewClusterId:
    def test_never_looks_like_an_option(self) -> None:
        """One in 64 ids began with a dash, and Kafka's format tool took it for an option."""
        drawn = {new_cluster_id() for _ in range(1_000)}

        assert len(drawn) == 1_000
        assert not [one for one in drawn if one.startswith("-") or len(one) != 22]
