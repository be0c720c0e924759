import { ContractError } from '../../contracts/errors.ts'
import { codeOf, kindOf } from '../runtime/errors.ts'

/** What a command's exit status says; the same for every command, and in its help. */
export const EXIT = {
  accepted: 0,
  /** The command could not be carried out. */
  error: 1,
  /** Evidence, answer or request was refused. */
  refused: 10,
  /** Asked for what this version does not do. */
  unsupported: 20,
  /** The input is not what it should be. */
  malformed: 30
} as const

export const EXIT_HELP = `

Exit status: 0 accepted, 10 refused, 20 unsupported, 30 malformed input, 1 any other error.`

/** The status and the line that say why a command failed. */
export function describeFailure(error: unknown): {
  readonly status: number
  readonly code: string
  readonly message: string
} {
  const code = codeOf(error) ?? ownCode(error) ?? 'ERROR'
  const message = error instanceof Error ? error.message : String(error)
  // The file system's messages begin with their code.
  return { status: exitStatus(error), code, message: message.replace(`${code}: `, '') }
}

/** Codes that say nothing of evidence or of a request: the command itself could not be carried out. */
const COULD_NOT: ReadonlySet<string> = new Set(['CONFIG_INVALID', 'NOT_FOUND', 'DATA_FOLDER_IN_USE', 'PROVIDER_EXISTS'])

function exitStatus(error: unknown): number {
  const code = codeOf(error)
  if (code !== undefined && COULD_NOT.has(code)) return EXIT.error
  if (code === 'UNIMPLEMENTED') return EXIT.unsupported
  const kind = error instanceof ContractError ? error.kind : code === undefined ? undefined : kindOf(code)
  return kind === 'input' ? EXIT.malformed : kind === 'refused' ? EXIT.refused : EXIT.error
}

// Other layers' errors (the SDK's, the file system's) carry their code the same way.
function ownCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
