/* Another clock for one host, loaded into its programs by the dynamic linker.
 *
 * The kernel has one CLOCK_REALTIME for the machine and time namespaces leave it alone,
 * so this is not a clock set wrong but a host told the wrong time: the present, the
 * times of files (both ways), timers set to a time of day, and the kernel's stamps on
 * messages. CLOCK_MONOTONIC and the time since boot stay right, as they do on a host
 * with a wrong clock. Not covered: static programs, and processes that ran before.
 *
 * It calls the kernel directly and needs no symbol newer than the oldest libc here,
 * since one build serves all generations. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
/* A second name, which the headers here may declare otherwise or no longer at all. */
#define ALSO(name, target) extern EXPORT __typeof(target) also_##name __asm__(#name) __attribute__((alias(#target)))

static int64_t offset;

__attribute__((constructor)) static void start(void)
{
    char text[32] = "";
    int64_t value = 0;
    int at = 0;
    int fd = syscall(SYS_openat, AT_FDCWD, "/etc/lab-clock", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (syscall(SYS_read, fd, text, sizeof text - 1) > 0) {
        if (text[0] == '-')
            at = 1;
        for (; text[at] >= '0' && text[at] <= '9'; at++)
            value = value * 10 + (text[at] - '0');
        offset = text[0] == '-' ? -value : value;
    }
    syscall(SYS_close, fd);
}

/* The present. */

EXPORT int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI))
        now->tv_sec += offset;
    return result;
}

EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int result = syscall(SYS_gettimeofday, now, zone);
    if (result == 0 && now)
        now->tv_sec += offset;
    return result;
}

EXPORT time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

/* The times of files, read. */

EXPORT int fstatat(int dir, const char *restrict path, struct stat *restrict out, int flags)
{
    int result = syscall(SYS_newfstatat, dir, path, out, flags);
    if (result == 0) {
        out->st_atim.tv_sec += offset;
        out->st_mtim.tv_sec += offset;
        out->st_ctim.tv_sec += offset;
    }
    return result;
}

EXPORT int stat(const char *restrict path, struct stat *restrict out) { return fstatat(AT_FDCWD, path, out, 0); }
EXPORT int lstat(const char *restrict path, struct stat *restrict out)
{
    return fstatat(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}
EXPORT int fstat(int fd, struct stat *out) { return fstatat(fd, "", out, AT_EMPTY_PATH); }

/* By these names programs of glibc before 2.33 call them. */
EXPORT int __xstat(int version, const char *path, struct stat *out) { return (void)version, stat(path, out); }
EXPORT int __lxstat(int version, const char *path, struct stat *out) { return (void)version, lstat(path, out); }
EXPORT int __fxstat(int version, int fd, struct stat *out) { return (void)version, fstat(fd, out); }
EXPORT int __fxstatat(int version, int dir, const char *path, struct stat *out, int flags)
{
    return (void)version, fstatat(dir, path, out, flags);
}

ALSO(fstatat64, fstatat);
ALSO(stat64, stat);
ALSO(lstat64, lstat);
ALSO(fstat64, fstat);
ALSO(__xstat64, __xstat);
ALSO(__lxstat64, __lxstat);
ALSO(__fxstat64, __fxstat);
ALSO(__fxstatat64, __fxstatat);

EXPORT int statx(int dir, const char *restrict path, int flags, unsigned int mask, struct statx *restrict out)
{
    int result = syscall(SYS_statx, dir, path, flags, mask, out);
    if (result == 0) {
        out->stx_atime.tv_sec += offset;
        out->stx_btime.tv_sec += offset;
        out->stx_ctime.tv_sec += offset;
        out->stx_mtime.tv_sec += offset;
    }
    return result;
}

/* And written. */

static int set_times(int dir, const char *path, const struct timespec times[2], int flags)
{
    struct timespec real[2];
    if (!times)
        return syscall(SYS_utimensat, dir, path, NULL, flags);
    for (int i = 0; i < 2; i++) {
        real[i] = times[i];
        if (real[i].tv_nsec != UTIME_NOW && real[i].tv_nsec != UTIME_OMIT)
            real[i].tv_sec -= offset;
    }
    return syscall(SYS_utimensat, dir, path, real, flags);
}

EXPORT int utimensat(int dir, const char *path, const struct timespec times[2], int flags)
{
    return set_times(dir, path, times, flags);
}

EXPORT int futimens(int fd, const struct timespec times[2]) { return set_times(fd, NULL, times, 0); }

/* Timers at a time of day: unless told the real one, systemd would oversleep or spin. */

#define TIMERS 4096
static unsigned char realtime_timer[TIMERS];

EXPORT int timerfd_create(clockid_t clock, int flags)
{
    int fd = syscall(SYS_timerfd_create, clock, flags);
    if (fd >= 0 && fd < TIMERS)
        realtime_timer[fd] = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
    return fd;
}

EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
    struct itimerspec real = *value;
    if ((flags & TFD_TIMER_ABSTIME) && fd >= 0 && fd < TIMERS && realtime_timer[fd] && real.it_value.tv_sec > offset &&
        real.it_value.tv_sec < INT64_C(1) << 40)
        real.it_value.tv_sec -= offset;
    return syscall(SYS_timerfd_settime, fd, flags, &real, old);
}

/* The kernel's stamp on a message: the journal keeps it as the time of its source. */

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t result = syscall(SYS_recvmsg, fd, message, flags);
    if (result < 0)
        return result;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part))
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMP)
            ((struct timeval *)CMSG_DATA(part))->tv_sec += offset;
    return result;
}
