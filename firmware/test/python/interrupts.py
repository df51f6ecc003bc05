"""What interrupts take of the stack."""

# Bytes that an interrupt takes where it happens to come: registers, alignment,
# and what its handler saves.
INTERRUPT = 64
