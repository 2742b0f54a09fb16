"""What the settings of a method change: records of one system by several methods, side by side."""
