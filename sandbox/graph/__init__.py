"""The Graph API: nodes, edges, tokens, batch."""
