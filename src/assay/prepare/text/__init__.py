"""What is done to texts before they are counted or learned from: clean-up, tokens, base forms, languages, subwords."""
