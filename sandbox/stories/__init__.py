"""Stories: situations of a business's day that play by themselves against a running console."""

from sandbox.stories import authorisations, channels, deliveries, outages
from sandbox.stories.script import Story

STORIES: dict[str, Story] = {
    story.name: story for room in (authorisations, channels, deliveries, outages) for story in room.STORIES
}
