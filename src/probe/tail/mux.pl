use strict; use Fcntl;
$0 = 'quarterdeck: reads logs';
# Many shells over one channel. Lines of standard input: "o N W" starts shell N, of which W bytes may
# come before more are allowed; "a N W" allows more; "w N L" has L bytes for it behind it; "c N 0"
# ends it. What a shell prints is printed behind a header: 0x1e, @@NONCE, N, how many bytes. None
# are its end. The nonce is the first line of standard input.
$SIG{PIPE} = $SIG{CHLD} = 'IGNORE';
my ($got, $nonce, %to, %from, %room, %pid) = ('');
sub put {
    my ($n, $data) = @_;
    my $all = "\x1e\@\@$nonce $n " . length($data) . "\n" . $data;
    while (length $all) { my $w = syswrite(STDOUT, $all) or exit; substr($all, 0, $w) = ''; }
}
sub shut {
    my $n = shift;
    delete $to{$n}; delete $from{$n}; delete $room{$n};
    my $pid = delete $pid{$n};
    kill 'TERM', -$pid if $pid;
}
sub start {
    my ($n, $most) = @_;
    pipe(my $in, my $to) && pipe(my $from, my $out) or return put($n, '');
    my $pid = fork;
    defined $pid or return put($n, '');
    if (!$pid) {
        $SIG{PIPE} = $SIG{CHLD} = 'DEFAULT';
        alarm 0; setpgrp 0, 0;
        $ENV{QD_MUX} = 1;
        open STDIN, '<&', $in; open STDOUT, '>&', $out;
        exec '/bin/sh', '-s';
        exit 127;
    }
    fcntl $to, F_SETFL, O_NONBLOCK;
    ($to{$n}, $from{$n}, $room{$n}, $pid{$n}) = ($to, $from, $most, $pid);
}
END { kill 'TERM', -$_ for grep { $_ } values %pid }
# In a frozen network the standard input never ends.
alarm 90;
for (;;) {
    my $ready = '';
    vec($ready, 0, 1) = 1;
    $room{$_} > 0 and vec($ready, fileno $from{$_}, 1) = 1 for keys %from;
    select($ready, undef, undef, undef) > 0 or next;
    for my $n (keys %from) {
        vec($ready, fileno $from{$n}, 1) or next;
        my $most = $room{$n} < 65536 ? $room{$n} : 65536;
        if (my $len = sysread $from{$n}, my $data, $most) { $room{$n} -= $len; put($n, $data); }
        else { shut($n); put($n, ''); }
    }
    vec($ready, 0, 1) or next;
    sysread STDIN, $got, 65536, length $got or exit;
    alarm 90;
    if (!defined $nonce) { $got =~ s/^(\w+)\n// or next; $nonce = $1; put(0, ''); }
    while ($got =~ /^([oawc]) (\d+) (\d+)\n/) {
        my ($what, $n, $len, $head) = ($1, $2, $3, $+[0]);
        my $behind = $what eq 'w' ? $len : 0;
        last if length $got < $head + $behind;
        my $data = substr $got, $head, $behind;
        substr($got, 0, $head + $behind) = '';
        if ($what eq 'o') { shut($n); start($n, $len); }
        elsif ($what eq 'c') { shut($n); }
        elsif (!$from{$n}) { }
        elsif ($what eq 'a') { $room{$n} += $len; }
        # What takes no commands is of no use.
        elsif ((syswrite($to{$n}, $data) // -1) != $len) { shut($n); put($n, ''); }
    }
}
