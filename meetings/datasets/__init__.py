"""What leaves as data of the annual meetings (see `cities.datasets`)."""
