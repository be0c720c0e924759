/** The code that a refusal has, or what happened instead. */
export function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    const { code } = error as { readonly code?: unknown }
    return typeof code === 'string' ? code : String(error)
  }
  return 'accepted'
}
