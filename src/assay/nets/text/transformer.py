"""The layers of Transformers: one form for encoders, decoders and pairs of both.

An encoder's layer looks at every token, a decoder's at those before and, in a pair, at what the encoder made of the other
text.  Around each part stands a residual; the norm comes after it (Vaswani et al., 2017; BERT; GPT-1) or before it, on the
way in (GPT-2), where deep stacks train without a warm-up (Xiong et al., 2020).
"""

from dataclasses import dataclass

from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.blocks import ACTIVATIONS, check_activation
from assay.nets.text.attention import KeysValues, MultiHeadAttention, causal, check_heads
from assay.nets.text.positions import Positions, positions_named


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """What all layers of one Transformer share.

    width: numbers a token.  hidden: of the dense part between.  norm_first: before each part, or after its residual.
    attention_bias: of the projections of attention.  dropout: of what each part adds; attention_dropout: of its weights.
    activation_dropout: of the dense part's hidden numbers.
    """

    width: int
    heads: int
    hidden: int
    activation: str = "relu"
    norm_first: bool = False
    attention_bias: bool = True
    dropout: float = 0.0
    attention_dropout: float = 0.0
    activation_dropout: float = 0.0
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        check_heads(self.width, self.heads)
        check_activation(self.activation)
        if self.hidden < 1 or not all(0 <= share < 1 for share in self._shares) or not self.epsilon > 0:
            raise ConfigError(
                f"hidden={self.hidden} must be at least 1, every dropout in [0, 1) and epsilon={self.epsilon} above 0."
            )

    @property
    def _shares(self) -> tuple[float, float, float]:
        return self.dropout, self.attention_dropout, self.activation_dropout

    def attention(self) -> MultiHeadAttention:
        return MultiHeadAttention(self.width, self.heads, bias=self.attention_bias, dropout=self.attention_dropout)

    def norm(self) -> nn.LayerNorm:
        return nn.LayerNorm(self.width, eps=self.epsilon)

    def dense(self) -> nn.Sequential:
        return nn.Sequential(
            nn.Linear(self.width, self.hidden),
            ACTIVATIONS[self.activation](),
            nn.Dropout(self.activation_dropout),
            nn.Linear(self.hidden, self.width),
        )


class EncoderLayer(nn.Module):
    """tokens (n, t, width) -> the same form; seen: which may be looked at (see ``attention``)."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.norm_first = form.norm_first
        self.attention, self.attention_norm = form.attention(), form.norm()
        self.dense, self.dense_norm = form.dense(), form.norm()
        self.dropout = nn.Dropout(form.dropout)

    def forward(self, tokens: Tensor, seen: Tensor | None = None) -> Tensor:
        if self.norm_first:
            tokens = tokens + self.dropout(self.attention(self.attention_norm(tokens), seen=seen))
            return tokens + self.dropout(self.dense(self.dense_norm(tokens)))  # type: ignore[no-any-return]
        tokens = self.attention_norm(tokens + self.dropout(self.attention(tokens, seen=seen)))
        return self.dense_norm(tokens + self.dropout(self.dense(tokens)))  # type: ignore[no-any-return]

    def weights(self, tokens: Tensor, seen: Tensor | None = None) -> Tensor:
        """The weights of its attention to these tokens, which are what ``forward`` is given: (n, heads, t, t)."""
        return self.attention.weights(self.attention_norm(tokens) if self.norm_first else tokens, seen=seen)


class DecoderLayer(nn.Module):
    """tokens (n, t, width) -> the same form; no token looks at one after itself.

    cross: whether it also looks at a memory (n, m, width), what an encoder made of another text.
    """

    def __init__(self, form: Form, *, cross: bool) -> None:
        super().__init__()
        self.norm_first = form.norm_first
        self.attention, self.attention_norm = form.attention(), form.norm()
        self.cross = form.attention() if cross else None
        self.cross_norm = form.norm() if cross else None
        self.dense, self.dense_norm = form.dense(), form.norm()
        self.dropout = nn.Dropout(form.dropout)

    def forward(self, tokens: Tensor, memory: Tensor | None = None, memory_seen: Tensor | None = None) -> Tensor:
        """memory_seen: which tokens of the memory may be looked at, bool, such as ``not_padding`` of its ids."""
        source = None if self.cross is None or memory is None else self.cross.keys_values(memory)
        return self.step(tokens, None, source, memory_seen)[0]

    def step(
        self, tokens: Tensor, past: KeysValues | None, source: KeysValues | None = None, memory_seen: Tensor | None = None
    ) -> tuple[Tensor, KeysValues]:
        """The tokens after those whose keys and values are ``past``, and the keys and values of all of them.

        source: keys and values of the memory (``self.cross.keys_values(memory)``), which stay the same from step to step.
        Raises ConfigError for a layer that looks at a memory and is given none.
        """
        given = self.attention_norm(tokens) if self.norm_first else tokens
        own = self.attention.keys_values(given)
        known = own if past is None else past.followed_by(own)
        seen = None if tokens.shape[1] == 1 else causal(tokens.shape[1], known.keys.shape[2], tokens.device)
        tokens = self._after(self.attention_norm, tokens + self.dropout(self.attention.look(given, known, seen)))
        if self.cross is not None and self.cross_norm is not None:
            if source is None:
                raise ConfigError("this decoder looks at what an encoder made of a text; give it that memory.")
            given = self.cross_norm(tokens) if self.norm_first else tokens
            tokens = self._after(self.cross_norm, tokens + self.dropout(self.cross.look(given, source, memory_seen)))
        given = self.dense_norm(tokens) if self.norm_first else tokens
        return self._after(self.dense_norm, tokens + self.dropout(self.dense(given))), known

    def cross_weights(self, tokens: Tensor, memory: Tensor, memory_seen: Tensor | None = None) -> Tensor:
        """How much of each token of the memory goes into each of these tokens, which are what ``forward`` is given.

        (n, heads, t, m); raises ConfigError for a layer that looks at no memory.
        """
        if self.cross is None or self.cross_norm is None:
            raise ConfigError("this decoder looks at no memory, so there are no weights of it.")
        given = self.attention_norm(tokens) if self.norm_first else tokens
        looked = self.attention(given, seen=causal(tokens.shape[1], device=tokens.device))
        tokens = self._after(self.attention_norm, tokens + self.dropout(looked))
        return self.cross.weights(self.cross_norm(tokens) if self.norm_first else tokens, memory, memory_seen)

    def _after(self, norm: nn.Module, tokens: Tensor) -> Tensor:
        return tokens if self.norm_first else norm(tokens)


class EncoderStack(nn.Module):
    """Encoder layers, one after the other, and a norm at the end where norms come first; (n, t, width) -> (n, t, width)."""

    def __init__(self, form: Form, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(form) for _ in range(layers))
        self.norm = form.norm() if form.norm_first else nn.Identity()

    def forward(self, tokens: Tensor, seen: Tensor | None = None) -> Tensor:
        for layer in self.layers:
            tokens = layer(tokens, seen)
        return self.norm(tokens)  # type: ignore[no-any-return]

    def weights(self, tokens: Tensor, seen: Tensor | None = None) -> list[Tensor]:
        """The weights of attention of every layer: (n, heads, t, t) each."""
        found = []
        for layer in self.layers:
            if isinstance(layer, EncoderLayer):
                found.append(layer.weights(tokens, seen))
            tokens = layer(tokens, seen)
        return found


Past = tuple[KeysValues | None, ...]
"""What every layer of a decoder keeps of the tokens so far; None before the first."""


class DecoderStack(nn.Module):
    """Decoder layers, one after the other, and a norm at the end where norms come first; (n, t, width) -> (n, t, width)."""

    def __init__(self, form: Form, layers: int, *, cross: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DecoderLayer(form, cross=cross) for _ in range(layers))
        self.norm = form.norm() if form.norm_first else nn.Identity()

    def forward(self, tokens: Tensor, memory: Tensor | None = None, memory_seen: Tensor | None = None) -> Tensor:
        """memory, memory_seen: what an encoder made of the other text, and which tokens of it may be looked at."""
        for layer in self.layers:
            tokens = layer(tokens, memory, memory_seen)
        return self.norm(tokens)  # type: ignore[no-any-return]

    def sources(self, memory: Tensor) -> Past:
        """What each layer looks at in a memory; computed once for all steps."""
        return tuple(layer.cross.keys_values(memory) for layer in self.layers if isinstance(layer, DecoderLayer) and layer.cross)

    def step(
        self, tokens: Tensor, past: Past, sources: Past | None = None, memory_seen: Tensor | None = None
    ) -> tuple[Tensor, Past]:
        """The tokens after those of ``past``, and what is kept of all of them: the same as ``forward`` of all at once.

        past: ``self.nothing`` before the first token.
        """
        kept = list[KeysValues | None]()
        for layer, known, source in zip(self.layers, past, sources or self.nothing, strict=True):
            if isinstance(layer, DecoderLayer):
                tokens, known = layer.step(tokens, known, source, memory_seen)
            kept.append(known)
        return self.norm(tokens), tuple(kept)

    @property
    def nothing(self) -> Past:
        return (None,) * len(self.layers)


class TokenVectors(nn.Module):
    """ids int (n, t) -> vectors (n, t, width): a vector for each id, and its place.

    places: how many are learnt, for learned positions.  segments: how many kinds of text a token may be of (BERT: two), 0: no
    such vectors.  scaled: the vectors are multiplied by √width, as where they are shared with the output (Vaswani et al.).
    norm: whether they are normed before the first layer (BERT).  Id 0 is padding where ``padding`` is true: its vector is 0.
    """

    def __init__(  # more than 8 arguments: what differs between published models
        self,
        tokens: int,
        form: Form,
        *,
        positions: Positions,
        places: int,
        segments: int = 0,
        scaled: bool = False,
        norm: bool = False,
        padding: bool = False,
    ) -> None:
        super().__init__()
        self.table = nn.Embedding(tokens, form.width, padding_idx=0 if padding else None)
        self.positions = positions_named(positions, places, form.width)
        self.segments = nn.Embedding(segments, form.width) if segments else None
        self.norm = form.norm() if norm else None
        self.scale = form.width**0.5 if scaled else 1.0
        self.dropout = nn.Dropout(form.dropout)

    def forward(self, ids: Tensor, start: int = 0, segments: Tensor | None = None) -> Tensor:
        """start: the place of the first token.  segments: int (n, t); None: all are of the first kind."""
        vectors = self.table(ids) * self.scale
        if self.positions is not None:
            vectors = self.positions(vectors, start)
        if self.segments is not None:
            vectors = vectors + (self.segments.weight[0] if segments is None else self.segments(segments))
        if self.norm is not None:
            vectors = self.norm(vectors)
        return self.dropout(vectors)  # type: ignore[no-any-return]
