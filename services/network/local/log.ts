import { join } from 'node:path'
import { encodeVerifierKey, type NoteKey, noteKey } from '../../../attestation/tlog/note-key.ts'
import { openChain } from '../../../contracts/chain.ts'
import { openKeyFile, readKeyFile } from '../../../contracts/key-file.ts'
import { deployAnchor, openLogKey } from '../../log/start.ts'

/** This machine's log, before its process is started. */
export interface LocalLog {
  readonly key: NoteKey
  /** What other commands are told. */
  readonly names: {
    /** Endpoint of the chain. */
    readonly chain: string
    /** Raw address of the contract. */
    readonly anchor: string
    readonly logKey: string
  }
  /** For whoever asks the chain. */
  readonly chainEnv: Readonly<Record<string, string>>
  /** For the log's process. */
  readonly env: Readonly<Record<string, string>>
}

const ORIGIN = 'localhost/bombyx'
/** nanoTON: a thousand TON, which nobody has to earn here. */
const AMOUNT = 1_000_000_000_000n
/** A stranger should not have to wait for ten minutes. */
const INTERVAL = '20s'

/** Keys and contract of the log, made at first; the local chain's faucet pays. */
export async function openLocalLog(dataFolder: string, chain: string): Promise<LocalLog> {
  const [logKeyFile, anchorKeyFile] = [join(dataFolder, 'log-key.pem'), join(dataFolder, 'anchor.key')]
  const { publicKey } = await openLogKey(logKeyFile)
  const { address } = await deployAnchor({
    chain: openChain({ network: 'local', endpoint: chain }),
    origin: ORIGIN,
    anchorKey: openKeyFile(anchorKeyFile).publicKey,
    recoveryKey: openKeyFile(join(dataFolder, 'anchor-recovery.key')).publicKey,
    payer: readKeyFile(join(dataFolder, 'chain', 'faucet.key')),
    amount: AMOUNT
  })
  const [key, anchor] = [noteKey(ORIGIN, 'ed25519', publicKey), address.toRawString()]
  return {
    key,
    names: { chain, anchor, logKey: encodeVerifierKey(key) },
    chainEnv: { TON_NETWORK: 'local', TON_ENDPOINT: chain },
    env: {
      BOMBYX_LOG_ORIGIN: ORIGIN,
      BOMBYX_LOG_KEY: logKeyFile,
      BOMBYX_LOG_ANCHOR: anchor,
      BOMBYX_LOG_ANCHOR_KEY: anchorKeyFile,
      BOMBYX_LOG_ANCHOR_INTERVAL: INTERVAL,
      BOMBYX_LOG_ANCHOR_POLL: '1s'
    }
  }
}
