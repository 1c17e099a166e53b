# The same as mux.pl, for hosts without perl.
import os, re, select, signal, sys
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
got, nonce, kids = b'', None, {}
def put(n, data):
    left = b'\x1e@@%s %d %d\n' % (nonce, n, len(data)) + data
    while left:
        left = left[os.write(1, left):]
def shut(n):
    kid = kids.pop(n, None)
    if kid:
        os.close(kid[0])
        os.close(kid[1])
        try:
            os.killpg(kid[3], signal.SIGTERM)
        except OSError:
            pass
def start(n, most):
    there, to = os.pipe()
    out, there_out = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.alarm(0)
            os.setpgid(0, 0)
            os.environ['QD_MUX'] = '1'
            os.dup2(there, 0)
            os.dup2(there_out, 1)
            os.execv('/bin/sh', ['/bin/sh', '-s'])
        finally:
            os._exit(127)
    os.close(there)
    os.close(there_out)
    os.set_blocking(to, False)
    kids[n] = [to, out, most, pid]
def obey():
    global got
    while True:
        line = re.match(rb'([oawc]) (\d+) (\d+)\n', got)
        if not line:
            return
        what, n, size = line.group(1), int(line.group(2)), int(line.group(3))
        behind = size if what == b'w' else 0
        if len(got) < line.end() + behind:
            return
        data = got[line.end():line.end() + behind]
        got = got[line.end() + behind:]
        if what == b'o':
            shut(n)
            try:
                start(n, size)
            except OSError:
                put(n, b'')
        elif what == b'c':
            shut(n)
        elif n in kids and what == b'a':
            kids[n][2] += size
        elif n in kids:
            try:
                taken = os.write(kids[n][0], data) == size
            except OSError:
                taken = False
            if not taken:
                shut(n)
                put(n, b'')
def turn():
    global got, nonce
    ready = select.select([0] + [kid[1] for kid in kids.values() if kid[2] > 0], [], [])[0]
    for n in list(kids):
        if kids[n][1] in ready:
            data = os.read(kids[n][1], min(65536, kids[n][2]))
            if data:
                kids[n][2] -= len(data)
            else:
                shut(n)
            put(n, data)
    if 0 in ready:
        more = os.read(0, 65536)
        if not more:
            return False
        signal.alarm(90)
        got += more
        if nonce is None and b'\n' in got:
            nonce, got = got.split(b'\n', 1)
            put(0, b'')
        obey()
    return True
signal.alarm(90)
try:
    while turn():
        pass
except (OSError, KeyboardInterrupt):
    pass
for n in list(kids):
    shut(n)
