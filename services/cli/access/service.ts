import { resolve } from 'node:path'
import type { Client } from '@grpc/grpc-js'
import type { Command } from 'commander'
import { createEnvReader } from '../../runtime/env.ts'
import { type ClientConstructor, connect, type DialConfig, readDialConfig } from '../../runtime/grpc-client.ts'
import { DATA_OPTION } from './network.ts'

/** Of every command that asks a service. */
export interface ServiceOptions {
  readonly tlsCa?: string
  readonly data: string
  readonly json?: true
}

/** A command that asks the market or the registry. */
export function serviceCommand(
  service: 'market' | 'registry',
  parent: Command,
  usage: string,
  description: string
): Command {
  return parent
    .command(usage)
    .description(description)
    .option(`--${service} <authority>`, `host:port of the ${service}`)
    .option('--tls-ca <file>', `PEM of the CA of the ${service}'s certificate (default: the system's)`)
    .option(...DATA_OPTION)
    .option('--json', 'print JSON')
}

/** BOMBYX_TOKEN says who calls. */
export function dialOf({ tlsCa }: Pick<ServiceOptions, 'tlsCa'>): DialConfig {
  const token = process.env['BOMBYX_TOKEN']
  return {
    ...(tlsCa === undefined ? {} : { tlsCa: resolve(tlsCa) }),
    ...(token === undefined ? {} : { token })
  }
}

/** Dials a service for the time of the work; without `dial`, as BOMBYX_TOKEN and BOMBYX_TLS_CA say. */
export async function withService<C extends Client, Result>(
  service: ClientConstructor<C>,
  authority: string,
  work: (client: C) => Promise<Result>,
  dial: DialConfig = readDialConfig(createEnvReader(process.env))
): Promise<Result> {
  const client = await connect(service, authority, dial)
  try {
    return await work(client)
  } finally {
    client.close()
  }
}
