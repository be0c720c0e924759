// Original file: bombyx/v1/payment.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GiveVoucherRequest as _bombyx_v1_GiveVoucherRequest, GiveVoucherRequest__Output as _bombyx_v1_GiveVoucherRequest__Output } from '../../bombyx/v1/GiveVoucherRequest.ts';
import type { PaymentStatus as _bombyx_v1_PaymentStatus, PaymentStatus__Output as _bombyx_v1_PaymentStatus__Output } from '../../bombyx/v1/PaymentStatus.ts';

/**
 * At a relay, for clients: pays the host of a session. Authorised as Relay is.
 */
export interface PaymentsClient extends grpc.Client {
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
  
}

/**
 * At a relay, for clients: pays the host of a session. Authorised as Relay is.
 */
export interface PaymentsHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Carries a voucher to the host that it is for and to the market, and brings back how the payer stands with that host. Without a
   * voucher it only asks. UNPAID: the host has no session of this payer, or takes no payment. HOST_LOST: it does not answer.
   */
  GiveVoucher: grpc.handleUnaryCall<_bombyx_v1_GiveVoucherRequest__Output, _bombyx_v1_PaymentStatus>;
  
}

export interface PaymentsDefinition extends grpc.ServiceDefinition {
  GiveVoucher: MethodDefinition<_bombyx_v1_GiveVoucherRequest, _bombyx_v1_PaymentStatus, _bombyx_v1_GiveVoucherRequest__Output, _bombyx_v1_PaymentStatus__Output>
}
