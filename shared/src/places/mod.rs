//! Offline geocoding.
