"""How a study is laid out: cases, slices, readers, conditions, order, and the key that stays with the coordinator."""
