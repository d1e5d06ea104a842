"""Any course of events, brought in any way, against a model of the inbox. `python -m bench.order` goes on for long."""

from flask import Flask

from tests.people import People, make_channel
from tests.rooms.webhooks.model import Course
from tests.rooms.webhooks.stored import handle_due


def test_each_message_is_there_once_in_order_and_counted_right(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    for seed in range(6):
        Course(seed, handle_due).run(40)
