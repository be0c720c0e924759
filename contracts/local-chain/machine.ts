import { type Address, Cell, type TupleItem } from '@ton/core'
import { Blockchain, Executor, type ExecutorGetMethodResult, type IExecutor } from '@ton/sandbox'
import { FEES_2026, withFees, withNetworkId } from '../fees.ts'
import { NETWORK_IDS } from '../networks.ts'

/** One message at one account. */
export interface Run {
  /** Base64 of the BoC of a `ShardAccount`. */
  readonly account: string
  readonly message: Cell
  /** Seconds since 1970. */
  readonly now: number
  readonly lt: bigint
  /** 32 bytes */
  readonly seed: Buffer
  /** Signatures count as right: for estimates only. */
  readonly ignoreSignatures?: boolean
}

export type RunOutcome =
  | {
      readonly ok: true
      readonly transaction: Cell
      readonly transactionBoc: Buffer
      readonly shardAccount: Cell
      /** As `Run.account`. */
      readonly account: string
    }
  /** There is no transaction: an external message that was not accepted. */
  | { readonly ok: false; readonly reason: string; readonly exitCode: number | undefined; readonly vmLog: string }

export interface GetMethodRun {
  readonly address: Address
  readonly code: Cell
  readonly data: Cell
  readonly balance: bigint
  readonly methodId: number
  readonly stack: TupleItem[]
  readonly now: number
}

/** TON's transaction executor and virtual machine, as the sandbox packs them, at the fees of today. */
export interface Machine {
  /** The configuration as a masterchain state has it: a dictionary of parameters. */
  readonly config: Cell
  /** Loads the executor, so that the first message need not wait for it. */
  load(): Promise<void>
  run(run: Run): Promise<RunOutcome>
  runGetMethod(run: GetMethodRun): Promise<ExecutorGetMethodResult['output']>
}

/** As toncenter allows. */
const GET_METHOD_GAS = 1_000_000n

/** Ready at once; the executor, half a second of work, is loaded when it is first wanted. */
export async function createMachine(): Promise<Machine> {
  let executor: Promise<Executor> | undefined
  const load = (): Promise<Executor> => {
    executor ??= Executor.create()
    return executor
  }
  const blockchain = await Blockchain.create({ executor: NO_EXECUTOR, config: 'slim' })
  const config = withNetworkId(withFees(blockchain.config, FEES_2026), NETWORK_IDS.local)
  const encoded = config.toBoc().toString('base64')
  const running = async <Result>(work: (executor: Executor) => Promise<Result>): Promise<Result> => {
    try {
      return await work(await load())
    } catch (error) {
      // A fault inside the machine leaves its memory in an unknown state.
      executor = undefined
      throw error
    }
  }
  return {
    config,
    load: async () => void (await load()),
    run: (run) => running((loaded) => runMessage(loaded, encoded, run)),
    runGetMethod: (run) => running((loaded) => runGetMethod(loaded, encoded, run))
  }
}

/** For a sandbox that is asked for its configuration alone. */
const NO_EXECUTOR: IExecutor = {
  runGetMethod: () => Promise.reject(new TypeError('nothing runs here')),
  runTickTock: () => Promise.reject(new TypeError('nothing runs here')),
  runTransaction: () => Promise.reject(new TypeError('nothing runs here'))
}

async function runMessage(executor: Executor, config: string, run: Run): Promise<RunOutcome> {
  const { result } = await executor.runTransaction({
    config,
    libs: null,
    verbosity: 'short',
    shardAccount: run.account,
    message: run.message,
    now: run.now,
    lt: run.lt,
    randomSeed: run.seed,
    ignoreChksig: run.ignoreSignatures ?? false,
    debugEnabled: false
  })
  if (!result.success) {
    const { vmExitCode: exitCode, vmLog = '' } = result.vmResults ?? {}
    return { ok: false, reason: result.error, exitCode, vmLog }
  }
  const transaction = Cell.fromBase64(result.transaction)
  const { shardAccount: account } = result
  const transactionBoc = Buffer.from(result.transaction, 'base64')
  return { ok: true, transaction, transactionBoc, shardAccount: Cell.fromBase64(account), account }
}

async function runGetMethod(
  executor: Executor,
  config: string,
  { code, data, address, balance, methodId, stack, now }: GetMethodRun
): Promise<ExecutorGetMethodResult['output']> {
  const { output } = await executor.runGetMethod({
    ...{ code, data, address, balance, methodId, stack, config, unixTime: now },
    verbosity: 'short',
    randomSeed: Buffer.alloc(32),
    gasLimit: GET_METHOD_GAS,
    debugEnabled: false
  })
  return output
}
