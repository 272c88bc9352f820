from ._factory import binned_state, calibration_state, delong_state, from_bytes, state
