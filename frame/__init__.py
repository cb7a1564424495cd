"""What every page of both doors keeps: headers, forms, frames, languages, calm errors, health."""
