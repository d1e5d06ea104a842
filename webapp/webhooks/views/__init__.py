"""The room's addresses: what Meta asks, and what operators look at."""

from webapp.webhooks.views import deliveries, handshake

blueprints = (handshake.bp, deliveries.bp)
