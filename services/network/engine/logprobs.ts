interface Alternative {
  readonly token: string
  readonly logprob: number
  readonly bytes: readonly number[]
}

/** OpenAI's chat form for a token, with `top` alternatives; the figures depend on the token alone. */
export function chatLogprob(token: string, top: number): Alternative & { top_logprobs: readonly Alternative[] } {
  return { ...alternative(token, 0), top_logprobs: alternatives(token, top) }
}

/** The legacy form of completions, over all tokens of a text that begins at `offset`. */
export function legacyLogprobs(tokens: readonly string[], top: number, offset: number): object {
  let at = offset
  const offsets = tokens.map((token) => {
    at += token.length
    return at - token.length
  })
  return {
    text_offset: offsets,
    token_logprobs: tokens.map((token) => alternative(token, 0).logprob),
    tokens,
    top_logprobs: tokens.map((token) => Object.fromEntries(alternatives(token, top).map((a) => [a.token, a.logprob])))
  }
}

function alternatives(token: string, top: number): readonly Alternative[] {
  return Array.from({ length: top }, (_, rank) => alternative(rank === 0 ? token : `${token}~${rank}`, rank))
}

function alternative(token: string, rank: number): Alternative {
  return { token, logprob: -0.0625 * (1 + (token.length % 8)) - rank, bytes: [...Buffer.from(token, 'utf8')] }
}
