"""Training, evaluation and export of Nabra models: everything that needs labelled data or torch."""
