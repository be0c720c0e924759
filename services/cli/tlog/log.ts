import { resolve } from 'node:path'
import type { Command } from 'commander'
import { encodeHex } from '../../../attestation/encoding.ts'
import type { JsonValue } from '../../../attestation/jcs.ts'
import { verifyCheckpoint } from '../../../attestation/tlog/checkpoint.ts'
import { encodeVerifierKey, noteKey, parseVerifierKey } from '../../../attestation/tlog/note-key.ts'
import type { GetAnchorResponse__Output } from '../../../proto/gen/bombyx/v1/GetAnchorResponse.ts'
import type { LogClient } from '../../../proto/gen/bombyx/v1/Log.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { exportFromDatabase, makeLogKey } from '../../log/start.ts'
import { readDatabaseConfig } from '../../runtime/database.ts'
import { createEnvReader } from '../../runtime/env.ts'
import { codeOf } from '../../runtime/errors.ts'
import { callUnary } from '../../runtime/grpc-client.ts'
import { DATA_OPTION, readAddress } from '../access/network.ts'
import { withService } from '../access/service.ts'
import { EXIT_HELP } from '../exit.ts'
import { dim, print, printJson } from '../terminal/print.ts'
import { addAnchorCommand } from './anchor.ts'

const EXAMPLES = `
Examples:
  bombyx log init --origin log.example/bombyx --key log-key.pem
      Makes the key; prints the verifier key that policies and auditors name. Then: BOMBYX_LOG_ORIGIN=log.example/bombyx
      BOMBYX_LOG_KEY=log-key.pem bombyx serve log
  TON_NETWORK=testnet bombyx log anchor --origin log.example/bombyx --wallet wallet.key --amount 5
      Deploys the contract that the log's heads are anchored in: prints its address and what it costs, and asks.
  bombyx log status
      The newest checkpoint of the network that is up on this machine, verified.
  DATABASE_URL=… bombyx log export /var/www/log
      The log as files for any static server or object store; run again, it adds what is new.`

interface StatusOptions {
  readonly log?: string
  readonly verifierKey?: string
  readonly data: string
  readonly json?: true
}

export function addCommand(program: Command): void {
  const log = program
    .command('log')
    .description('The transparency log.')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  log
    .command('init')
    .description("make a log's key; never over one that is there")
    .requiredOption('--origin <origin>', "the log's name for ever: a URL prefix without its scheme")
    .option('--key <file>', 'where', 'log-key.pem')
    .action(async ({ origin, key }: { readonly origin: string; readonly key: string }) => {
      // Refused before anything is made.
      noteKey(origin, 'ed25519', new Uint8Array(32))
      const { publicKey } = await makeLogKey(resolve(key))
      print(encodeVerifierKey(noteKey(origin, 'ed25519', publicKey)))
    })
  addAnchorCommand(log)
  log
    .command('status')
    .description('the newest checkpoint, verified')
    .option('--log <authority>', "the log's gRPC address")
    .option('--verifier-key <key>', 'its C2SP verifier key')
    .option(...DATA_OPTION)
    .option('--json', 'one object')
    .action(showStatus)
  log
    .command('export <folder>')
    .description('write the log of DATABASE_URL, or of the data folder, as files')
    .action(async (folder: string) => {
      const { treeSize, files } = await exportFromDatabase(
        readDatabaseConfig(createEnvReader(process.env)),
        resolve(folder)
      )
      print(`${treeSize} leaves, ${files} files written`)
    })
}

async function showStatus({ log, verifierKey, data, json }: StatusOptions): Promise<void> {
  const [authority, line] = [await readAddress(log, data, 'log'), await readAddress(verifierKey, data, 'logKey')]
  const key = parseVerifierKey(line)
  await withService(bombyxV1.Log, authority, async (client) => {
    const { checkpoint } = await callUnary(client, 'GetCheckpoint', {})
    const trust = { origin: key.name, publicKey: key.publicKey, witnesses: [], minimumWitnesses: 0 }
    const { origin, size, root, timestamp } = verifyCheckpoint(checkpoint, trust)
    const age = timestamp === null ? null : Math.floor(Date.now() / 1000) - Number(timestamp)
    if (json === true) {
      const anchor = anchorToJson(await readAnchor(client))
      return printJson({ origin, size: String(size), root: encodeHex(root), age_seconds: age, anchor })
    }
    print(`${origin}  ${size} leaves  root ${encodeHex(root)}`)
    print(dim(age === null ? 'the log has put no time to it' : `signed ${age} s ago`))
    print(...anchorLines(await readAnchor(client)))
  })
}

async function readAnchor(client: LogClient): Promise<GetAnchorResponse__Output | undefined> {
  try {
    return await callUnary(client, 'GetAnchor', {})
  } catch (error) {
    if (codeOf(error) === 'NOT_FOUND') return undefined
    throw error
  }
}

function anchorLines(anchor: GetAnchorResponse__Output | undefined): readonly string[] {
  if (anchor === undefined) return [dim('not anchored')]
  const { network, address, anchored, pending, late } = anchor
  const where = `anchor ${address} on ${network}`
  const state = `${pending ? ', a message under way' : ''}${late ? ', LATE' : ''}`
  if (anchored == null) return [`${where}: nothing yet${state}`]
  return [`${where}: ${anchored.size} leaves, transaction ${encodeHex(anchored.transaction)}${state}`]
}

function anchorToJson(anchor: GetAnchorResponse__Output | undefined): JsonValue {
  if (anchor === undefined) return null
  const { network, address, anchored, pending, late } = anchor
  const head =
    anchored == null
      ? null
      : { size: anchored.size, root: encodeHex(anchored.root), transaction: encodeHex(anchored.transaction) }
  return { network, address, pending, late, anchored: head }
}
