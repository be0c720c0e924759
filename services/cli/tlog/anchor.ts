import { resolve } from 'node:path'
import type { Command } from 'commander'
import { openChain } from '../../../contracts/chain.ts'
import { openKeyFile, readKeyFile } from '../../../contracts/key-file.ts'
import { deployAnchor, planDeployment } from '../../log/start.ts'
import { readChainSettings } from '../../runtime/chain-config.ts'
import { configError, createEnvReader } from '../../runtime/env.ts'
import { confirm } from '../terminal/confirm.ts'
import { dim, print } from '../terminal/print.ts'
import { formatTon, parseTon } from '../terminal/ton.ts'

interface AnchorOptions {
  readonly origin: string
  readonly key: string
  readonly recovery: string
  readonly wallet: string
  readonly amount: bigint
  readonly yes?: true
}

const HELP = `
The address follows from origin, network and the two keys, so it can be checked by anybody and a call that was cut off can be repeated.
The recovery key can retire the contract in favour of another one, and nothing else: keep its file away from this machine.
Key files hold 64 hexadecimal digits; anchor and recovery key are made where they are missing.

Environment: TON_NETWORK (local, testnet, mainnet), TON_ENDPOINT, TON_API_KEY.`

export function addAnchorCommand(log: Command): void {
  log
    .command('anchor')
    .description("deploy the contract that the log's heads are anchored in")
    .requiredOption('--origin <origin>', "the log's")
    .option('--key <file>', 'the anchor key, which signs heads for the contract', 'anchor.key')
    .option('--recovery <file>', 'the recovery key', 'anchor-recovery.key')
    .requiredOption('--wallet <file>', 'key of the wallet (v5r1) that pays')
    .option('--amount <TON>', 'for gas and rent; nothing ever comes back', parseTon, 1_000_000_000n)
    .option('--yes', 'do not ask')
    .addHelpText('after', HELP)
    .action(deploy)
}

async function deploy({ origin, key, recovery, wallet, amount, yes }: AnchorOptions): Promise<void> {
  const config = readChainSettings(createEnvReader(process.env))
  if (config === undefined) throw configError('TON_NETWORK', 'local, testnet or mainnet is wanted')
  const chain = openChain(config)
  const wish = {
    chain,
    origin,
    anchorKey: openKeyFile(resolve(key)).publicKey,
    recoveryKey: openKeyFile(resolve(recovery)).publicKey,
    payer: readKeyFile(resolve(wallet)),
    amount
  }
  const { address, payer, isDeployed, cost } = await planDeployment(wish)
  print(`network   ${config.network}, global id ${chain.networkId}`, `anchor    ${address.toRawString()}`)
  if (isDeployed) return print(dim('It is there already.'))
  print(`wallet    ${payer.toString({ bounceable: false, testOnly: config.network !== 'mainnet' })}`)
  print(`cost      ${formatTon(amount)} TON for gas and rent, fees included at most ${formatTon(cost)} TON`)
  print(dim('          an anchor every ten minutes takes about 110 TON a year at most'))
  await confirm('Deploy?', yes)
  await deployAnchor(wish)
  print(
    'deployed; give the log:',
    `  TON_NETWORK=${config.network} BOMBYX_LOG_ANCHOR=${address.toRawString()} BOMBYX_LOG_ANCHOR_KEY=${resolve(key)}`
  )
}
