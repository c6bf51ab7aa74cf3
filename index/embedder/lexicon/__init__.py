"""Words of both languages with what they mean, from WordNet and JMdict: what the embedder learns general words from."""
