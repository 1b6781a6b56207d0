"""How well readers agree: with the truth, with the network, with each other and with themselves."""
