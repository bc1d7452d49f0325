"""The commands of the first hour: one sets mp up, the other checks that everything works."""
