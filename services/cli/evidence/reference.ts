import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { decodeHex, encodeHex } from '../../../attestation/encoding.ts'
import type { JsonValue } from '../../../attestation/jcs.ts'
import { type CountedReleases, countReleases } from '../../../attestation/releases.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { encodeLeaf, parseLeaf, type ReferenceValueLeaf } from '../../../attestation/tlog/leaf.ts'
import { readStatement, signReferenceValue } from '../../../attestation/tlog/reference-value.ts'
import type { ReferenceValue__Output } from '../../../proto/gen/bombyx/v1/ReferenceValue.ts'
import { callUnary } from '../../runtime/grpc-client.ts'
import { makeKeyFile, readKeyFile } from '../../runtime/key-file.ts'
import { REGISTRY_HELP, type RegistryOptions, registryCommand, withAdmin, withDirectory } from '../access/registry.ts'
import { EXIT_HELP } from '../exit.ts'
import { dim, print, printJson, table } from '../terminal/print.ts'
import { POLICY_OPTION_HELP, readPolicy } from './policy.ts'

const EXAMPLES = `
Examples:
  bombyx reference key --key release-key.pem
      Makes a release key where there is none; prints the public key that policies name in releases.keys.
  bombyx reference add image.json --label "guest image 4" --key release-key.pem
      image.json: {"registers":[{"name":"mr_td","value":"<hex>"}],"digests":[{"name":"compose_hash","value":"<hex>"}],
      "source_repository":"https://…","source_commit":"<hex>","recipe_digest":"<hex>"}
  bombyx reference revoke 5d41… --reason "signing machine lost" --key release-key.pem
  bombyx reference list --policy policy.json      which of them count under this policy, and why others do not
${REGISTRY_HELP}`

interface SigningOptions extends RegistryOptions {
  readonly key: string
  readonly label: string
  readonly reason: string
}

const MAKER = 'bombyx reference key'

export function addCommand(program: Command): void {
  const reference = program
    .command('reference')
    .description('Released measurements, signed into the log.')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  reference
    .command('key')
    .description('make a release key, or show the public part of one')
    .option('--key <file>', 'where', 'release-key.pem')
    .action(async ({ key }: { readonly key: string }) => {
      const file = resolve(key)
      const made = await makeKeyFile(file).catch(() => readKeyFile(file, MAKER))
      print(encodeHex(ed25519PublicBytes(made)))
    })
  registryCommand(reference, 'add <file>', 'sign a measurement set and put it into the log')
    .requiredOption('--label <text>', 'what people call it')
    .option('--key <file>', 'the release key', 'release-key.pem')
    .action(async (file: string, options: SigningOptions) => {
      await submit(readStatement(await readFile(file)), options.label, options)
    })
  registryCommand(reference, 'revoke <leaf-hash>', 'end a release, at once')
    .requiredOption('--reason <text>', 'why; public')
    .option('--label <text>', 'what people call it', 'revocation')
    .option('--key <file>', 'the release key', 'release-key.pem')
    .action(async (hash: string, options: SigningOptions) => {
      const statement = { kind: 'revocation', releaseLeaf: decodeHex(hash, 32), reason: options.reason } as const
      await submit(statement, options.label, options)
    })
  registryCommand(reference, 'list', 'what the log was told, and what of it counts')
    .option('--policy <policy>', POLICY_OPTION_HELP)
    .action(list)
}

async function submit(
  statement: ReferenceValueLeaf['statement'],
  label: string,
  options: SigningOptions
): Promise<void> {
  const key = await readKeyFile(resolve(options.key), MAKER)
  const leaf = encodeLeaf(signReferenceValue({ kind: 'reference-value', v: 1, label, statement }, [key]))
  await withAdmin(options, async (admin) => {
    const { leafHash: hash } = await callUnary(admin, 'AddReferenceValue', { leaf: Buffer.from(leaf) })
    if (options.json === true) printJson({ leaf_hash: encodeHex(hash) })
    else print(encodeHex(hash), dim('`bombyx reference list` says when the log has it'))
  })
}

async function list(options: RegistryOptions & { readonly policy?: string }): Promise<void> {
  await withDirectory(options, async (directory) => {
    const { values } = await callUnary(directory, 'ListReferenceValues', {})
    const policy = options.policy === undefined ? undefined : await readPolicy(options.policy)
    const counted = policy && countReleases(values, policy, new Date())
    const rows = values.map((value) => describe(value, counted))
    if (options.json === true) return printJson(rows)
    if (rows.length === 0) return print('the log was told of no reference value')
    const heading = ['LEAF', 'KIND', 'LABEL', 'INDEX', 'COUNTS']
    print(
      ...table([
        heading,
        ...rows.map(({ leaf, kind, label, index, counts }) => [leaf, kind, label, `${index ?? ''}`, counts])
      ])
    )
  })
}

interface ReferenceRow extends Readonly<Record<string, JsonValue>> {
  readonly leaf: string
  readonly kind: string
  readonly label: string
  readonly index: number | null
  readonly counts: string
}

function describe({ leaf, logIndex }: ReferenceValue__Output, counted: CountedReleases | undefined): ReferenceRow {
  const read = parseLeaf(leaf)
  if (read.kind !== 'reference-value') throw new TypeError('the registry lists a leaf of another kind')
  const hash = encodeHex(leafHash(leaf))
  return {
    leaf: hash,
    kind: read.statement.kind,
    label: read.label,
    index: logIndex === undefined ? null : Number(logIndex),
    counts: verdictOn(hash, counted)
  }
}

/** Empty without a policy: whether a release counts is a policy's to say. */
function verdictOn(hash: string, counted: CountedReleases | undefined): string {
  if (counted === undefined) return ''
  if (counted.releases.some((release) => encodeHex(release.leafHash) === hash)) return 'yes'
  return counted.uncounted.find(({ leaf }) => leaf === hash)?.code ?? ''
}
