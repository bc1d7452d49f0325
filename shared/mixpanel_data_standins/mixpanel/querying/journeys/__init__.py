"""Users over time: `/funnels`, `/retention` and `/retention/addiction`."""
