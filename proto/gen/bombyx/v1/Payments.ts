// Original file: bombyx/v1/payment.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { FindStatementsRequest as _bombyx_v1_FindStatementsRequest, FindStatementsRequest__Output as _bombyx_v1_FindStatementsRequest__Output } from '../../bombyx/v1/FindStatementsRequest.ts';
import type { FindStatementsResponse as _bombyx_v1_FindStatementsResponse, FindStatementsResponse__Output as _bombyx_v1_FindStatementsResponse__Output } from '../../bombyx/v1/FindStatementsResponse.ts';
import type { GiveVoucherRequest as _bombyx_v1_GiveVoucherRequest, GiveVoucherRequest__Output as _bombyx_v1_GiveVoucherRequest__Output } from '../../bombyx/v1/GiveVoucherRequest.ts';
import type { ListVouchersRequest as _bombyx_v1_ListVouchersRequest, ListVouchersRequest__Output as _bombyx_v1_ListVouchersRequest__Output } from '../../bombyx/v1/ListVouchersRequest.ts';
import type { ListVouchersResponse as _bombyx_v1_ListVouchersResponse, ListVouchersResponse__Output as _bombyx_v1_ListVouchersResponse__Output } from '../../bombyx/v1/ListVouchersResponse.ts';
import type { PaymentStatus as _bombyx_v1_PaymentStatus, PaymentStatus__Output as _bombyx_v1_PaymentStatus__Output } from '../../bombyx/v1/PaymentStatus.ts';

/**
 * At a relay, for clients: pays the host of a session. Authorised as Relay is.
 */
export interface PaymentsClient extends grpc.Client {
  /**
   * The market's answer, passed on: for a consumer that has an answer and was never told what its host wants for it.
   */
  FindStatements(argument: _bombyx_v1_FindStatementsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  FindStatements(argument: _bombyx_v1_FindStatementsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  FindStatements(argument: _bombyx_v1_FindStatementsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  FindStatements(argument: _bombyx_v1_FindStatementsRequest, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The market's answer, passed on: for a consumer that has an answer and was never told what its host wants for it.
   */
  findStatements(argument: _bombyx_v1_FindStatementsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  findStatements(argument: _bombyx_v1_FindStatementsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  findStatements(argument: _bombyx_v1_FindStatementsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  findStatements(argument: _bombyx_v1_FindStatementsRequest, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Carries a voucher to the host that it is for and to the market, and brings back how the payer stands with that host. Without a
   * voucher it only asks. UNPAID: the host has no session of this payer, or takes no payment. HOST_LOST: it does not answer.
   */
  GiveVoucher(argument: _bombyx_v1_GiveVoucherRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_PaymentStatus__Output>): grpc.ClientUnaryCall;
  GiveVoucher(argument: _bombyx_v1_GiveVoucherRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_PaymentStatus__Output>): grpc.ClientUnaryCall;
  GiveVoucher(argument: _bombyx_v1_GiveVoucherRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_PaymentStatus__Output>): grpc.ClientUnaryCall;
  GiveVoucher(argument: _bombyx_v1_GiveVoucherRequest, callback: grpc.requestCallback<_bombyx_v1_PaymentStatus__Output>): grpc.ClientUnaryCall;
  /**
   * Carries a voucher to the host that it is for and to the market, and brings back how the payer stands with that host. Without a
   * voucher it only asks. UNPAID: the host has no session of this payer, or takes no payment. HOST_LOST: it does not answer.
   */
  giveVoucher(argument: _bombyx_v1_GiveVoucherRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_PaymentStatus__Output>): grpc.ClientUnaryCall;
  giveVoucher(argument: _bombyx_v1_GiveVoucherRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_PaymentStatus__Output>): grpc.ClientUnaryCall;
  giveVoucher(argument: _bombyx_v1_GiveVoucherRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_PaymentStatus__Output>): grpc.ClientUnaryCall;
  giveVoucher(argument: _bombyx_v1_GiveVoucherRequest, callback: grpc.requestCallback<_bombyx_v1_PaymentStatus__Output>): grpc.ClientUnaryCall;
  
  /**
   * The market's answer, passed on: for a consumer that has lost what it signed. An escrow and a payee are wanted.
   */
  ListVouchers(argument: _bombyx_v1_ListVouchersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  ListVouchers(argument: _bombyx_v1_ListVouchersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  ListVouchers(argument: _bombyx_v1_ListVouchersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  ListVouchers(argument: _bombyx_v1_ListVouchersRequest, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The market's answer, passed on: for a consumer that has lost what it signed. An escrow and a payee are wanted.
   */
  listVouchers(argument: _bombyx_v1_ListVouchersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  listVouchers(argument: _bombyx_v1_ListVouchersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  listVouchers(argument: _bombyx_v1_ListVouchersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  listVouchers(argument: _bombyx_v1_ListVouchersRequest, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * At a relay, for clients: pays the host of a session. Authorised as Relay is.
 */
export interface PaymentsHandlers extends grpc.UntypedServiceImplementation {
  /**
   * The market's answer, passed on: for a consumer that has an answer and was never told what its host wants for it.
   */
  FindStatements: grpc.handleUnaryCall<_bombyx_v1_FindStatementsRequest__Output, _bombyx_v1_FindStatementsResponse>;
  
  /**
   * Carries a voucher to the host that it is for and to the market, and brings back how the payer stands with that host. Without a
   * voucher it only asks. UNPAID: the host has no session of this payer, or takes no payment. HOST_LOST: it does not answer.
   */
  GiveVoucher: grpc.handleUnaryCall<_bombyx_v1_GiveVoucherRequest__Output, _bombyx_v1_PaymentStatus>;
  
  /**
   * The market's answer, passed on: for a consumer that has lost what it signed. An escrow and a payee are wanted.
   */
  ListVouchers: grpc.handleUnaryCall<_bombyx_v1_ListVouchersRequest__Output, _bombyx_v1_ListVouchersResponse>;
  
}

export interface PaymentsDefinition extends grpc.ServiceDefinition {
  FindStatements: MethodDefinition<_bombyx_v1_FindStatementsRequest, _bombyx_v1_FindStatementsResponse, _bombyx_v1_FindStatementsRequest__Output, _bombyx_v1_FindStatementsResponse__Output>
  GiveVoucher: MethodDefinition<_bombyx_v1_GiveVoucherRequest, _bombyx_v1_PaymentStatus, _bombyx_v1_GiveVoucherRequest__Output, _bombyx_v1_PaymentStatus__Output>
  ListVouchers: MethodDefinition<_bombyx_v1_ListVouchersRequest, _bombyx_v1_ListVouchersResponse, _bombyx_v1_ListVouchersRequest__Output, _bombyx_v1_ListVouchersResponse__Output>
}
