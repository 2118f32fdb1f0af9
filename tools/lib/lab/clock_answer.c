/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers in the kernel's stead whether the clock is synchronised (see service_manager.py). */
#include <sys/timex.h>

int adjtimex(struct timex* question) {
    question->status = SYNCHRONISED ? 0 : STA_UNSYNC;
    return SYNCHRONISED ? TIME_OK : TIME_ERROR;
}
