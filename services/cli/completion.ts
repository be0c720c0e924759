import { Argument, Command } from 'commander'
import { COMMANDS } from './commands.ts'
import { print } from './terminal/print.ts'

const EXAMPLES = `
Examples:
  bombyx completion bash > /etc/bash_completion.d/bombyx
  bombyx completion zsh > ~/.zfunc/_bombyx
  bombyx completion fish > ~/.config/fish/completions/bombyx.fish`

/** What may follow each command: `''` for bombyx itself, `hosts list` for a command of two words. */
type Words = ReadonlyMap<string, readonly string[]>

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

export function addCommand(program: Command): void {
  program
    .command('completion')
    .description('Prints a script that completes commands and options in a shell.')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: keyof typeof SCRIPTS) => print(SCRIPTS[shell](await collectWords())))
}

/** From the commands themselves, so that no list of them has to be kept. */
async function collectWords(): Promise<Words> {
  const program = new Command('bombyx')
  for (const { load } of Object.values(COMMANDS)) (await load()).addCommand(program)
  const words = new Map<string, readonly string[]>()
  const visit = (command: Command, path: string): void => {
    const options = command.options.flatMap(({ long }) => (long ? [long] : []))
    words.set(path, [...command.commands.map((child) => child.name()), ...options, '--help'])
    for (const child of command.commands) visit(child, `${path} ${child.name()}`.trim())
  }
  visit(program, '')
  return words
}

function bashScript(words: Words): string {
  const cases = [...words].map(([path, follow]) => `    "${path}") echo "${follow.join(' ')}" ;;`)
  return `_bombyx_words() {
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}
_bombyx() {
  local path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    _bombyx_words "\${path:+$path }$word" > /dev/null && path="\${path:+$path }$word"
  done
  COMPREPLY=($(compgen -W "$(_bombyx_words "$path")" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _bombyx bombyx`
}

function zshScript(words: Words): string {
  return `#compdef bombyx
autoload -U +X bashcompinit && bashcompinit
${bashScript(words)}`
}

function fishScript(words: Words): string {
  const lines = [...words].flatMap(([path, follow]) => {
    const after = path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`
    return follow.map((word) => {
      const kind = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`
      return `complete -c bombyx -n '${after}' ${kind}`
    })
  })
  return ['complete -c bombyx -f', ...lines].join('\n')
}
