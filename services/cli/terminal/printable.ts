/** Styles that `styleText` gives our own lines: bold, dim, red, green, yellow, and their ends. */
const OWN_STYLE = /^\[(?:1|2|22|31|32|33|39)m/
const ESCAPE = '\u001b'
const SHOWN = '\ufffd'

/**
 * A line for a terminal. What came from strangers (names of models and providers, reasons of refusals, files) cannot move the
 * cursor, change the window or turn the direction of what is read: each such character is shown as one that is not known.
 */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, (character, at: number) => {
    if (character === '\n' || character === '\t') return character
    return character === ESCAPE && OWN_STYLE.test(text.slice(at + 1, at + 5)) ? character : SHOWN
  })
}
