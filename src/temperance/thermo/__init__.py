"""Free energy, entropy and heat capacity over temperature."""
