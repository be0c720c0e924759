// Makes conversations.json and refused/*.json: `node test/vectors/session/generate.ts` from the repository's root.
// Everything follows from the labels below but `enc`, which HPKE draws afresh: it is kept from the file where there is one.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Conversations } from '../../attestation/session/conversation.ts'
import { recordConversations } from './record.ts'
import { refusals } from './refusals.ts'

const FILE = new URL('conversations.json', import.meta.url)
const REFUSED = new URL('refused/', import.meta.url)

const before = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Conversations) : undefined
const conversations = await recordConversations(before)
write(FILE, conversations)
rmSync(REFUSED, { recursive: true, force: true })
mkdirSync(REFUSED)
for (const { name, ...refusal } of refusals(conversations)) write(new URL(`${name}.json`, REFUSED), refusal)

function write(file: URL, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 1)}\n`)
}
