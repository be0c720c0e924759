import { randomBytes } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import { hashToken } from '../../runtime/tokens.ts'
import { EXIT_HELP } from '../exit.ts'
import { print, printJson, warn } from '../terminal/print.ts'

const HELP = `
Example:
  bombyx token new alice >> api-keys.txt
      The line for the server's file goes to standard output, the key itself to the terminal, once.

A relay reads such lines from the file that BOMBYX_API_KEYS names.`

export function addCommand(program: Command): void {
  const token = program.command('token').description('API keys, of which servers keep hashes.')
  token
    .command('new')
    .description('make a key for somebody')
    .argument('<name>', 'who holds it: one word', parseName)
    .option('--json', 'print key and line as one JSON object')
    .addHelpText('after', HELP + EXIT_HELP)
    .action((name: string, { json }: { readonly json?: true }) => {
      const key = `bmx_${randomBytes(32).toString('base64url')}`
      const line = `${hashToken(key)} ${name}`
      if (json === true) return printJson({ key, line })
      warn(`key for ${name}, shown this once: ${key}`)
      print(line)
    })
}

// A line of the server's file is two words.
function parseName(text: string): string {
  if (!/^\S{1,64}$/.test(text)) throw new InvalidArgumentError('one word of at most 64 characters is wanted')
  return text
}
