"""A corner of Kafka for each test of the chassis that asks for one."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from belfry import World, a_corner
from chassis.broker import Kafka
from stack.kafka import Kafka as Broker


@pytest.fixture
async def kafka(broker: Broker) -> Kafka:
    """Return a corner of Kafka that no other test shares: topics and groups of a prefix."""
    return await a_corner(broker)


@pytest.fixture
def world(engine: AsyncEngine, kafka: Kafka) -> World:
    return World(engine, kafka)
