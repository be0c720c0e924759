/**
 * Keeps what was made of an input under the digest of everything that it depends on (`sha256Hex`), so that it is made
 * once: the value must be a function of that alone, neither clock nor caller. What throws is not kept. At most `most` are held.
 */
export function keepByDigest<T>(most: number): (name: string, make: () => T) => T {
  const kept = new Map<string, T>()
  return (name, make) => {
    const known = kept.get(name)
    if (known !== undefined) return known
    const made = make()
    const [oldest] = kept.keys()
    if (kept.size >= most && oldest !== undefined) kept.delete(oldest)
    kept.set(name, made)
    return made
  }
}
