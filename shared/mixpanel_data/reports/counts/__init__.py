"""Reports that count: segmentation, active users and frequency."""
