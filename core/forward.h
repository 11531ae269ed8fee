/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

/* Names of every type in core/, so that a header never includes a header only for a pointer. */

typedef union _DotlsAddress DotlsAddress;
typedef struct _DotlsAnswer DotlsAnswer;
typedef struct _DotlsAnswerInfo DotlsAnswerInfo;
typedef struct _DotlsCache DotlsCache;
typedef struct _DotlsConfig DotlsConfig;
typedef struct _DotlsConnection DotlsConnection;
typedef struct _DotlsDeadline DotlsDeadline;
typedef struct _DotlsDeadlines DotlsDeadlines;
typedef struct _DotlsExchange DotlsExchange;
typedef struct _DotlsFetch DotlsFetch;
typedef struct _DotlsKey DotlsKey;
typedef struct _DotlsListener DotlsListener;
typedef struct _DotlsOrigin DotlsOrigin;
typedef struct _DotlsQuery DotlsQuery;
typedef struct _DotlsRequest DotlsRequest;
typedef struct _DotlsResolver DotlsResolver;
typedef struct _DotlsStats DotlsStats;
typedef struct _DotlsTls DotlsTls;
typedef struct _DotlsTlsFacts DotlsTlsFacts;
typedef struct _DotlsTransport DotlsTransport;
typedef struct _DotlsUpstream DotlsUpstream;
typedef struct _DotlsUpstreamSpec DotlsUpstreamSpec;
