import { createInterface } from 'node:readline/promises'
import { ServiceError } from '../../runtime/errors.ts'

/** Goes on where whoever sits at the terminal says so, or `yes` was given. CANCELLED, and ARGUMENT_INVALID where nobody is there. */
export async function confirm(question: string, yes: true | undefined): Promise<void> {
  if (yes !== true && !(await isConfirmed(question))) throw new ServiceError('CANCELLED', 'nothing was sent')
}

async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new ServiceError('ARGUMENT_INVALID', 'nobody is there to ask: --yes is wanted')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}
