"""The only place that knows Kafka's client: records out, records in, the prefix of topics."""

from chassis.broker.connecting import Kafka
from chassis.broker.looking_back import look_back
from chassis.broker.reader import AT_ONCE, Partition, Reader, host_clock
from chassis.broker.scanning import scan
from chassis.broker.writer import BrokerAway, Unsendable, Writer

__all__ = [
    "AT_ONCE",
    "BrokerAway",
    "Kafka",
    "Partition",
    "Reader",
    "Unsendable",
    "Writer",
    "host_clock",
    "look_back",
    "scan",
]
