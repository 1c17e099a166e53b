//! Pools of nginx on a balancer, as `qd_act_pools` tells of them.

use super::word;
use crate::model::drain::{Member, PoolId, Pools};

/// Servers that are read of one file at most.
const MOST: usize = 2000;

/// Takes a line whose first word is `name`.
pub(super) fn take(all: &mut Vec<Pools>, name: &str, value: &str) {
    if name == "pools" {
        let id = PoolId { file: word(value), upstream: Box::default() };
        all.push(Pools {
            id,
            sum: Box::default(),
            members: Vec::new(),
            pending: Vec::new(),
            fault: None,
        });
        return;
    }
    let Some(pools) = all.last_mut() else { return };
    match name {
        "pools.upstream" => pools.id.upstream = word(value),
        "pools.sum" => pools.sum = word(value),
        "pools.pending" if pools.pending.len() < 20 => pools.pending.push(word(value)),
        "pools.fault" => pools.fault = Some(word(value)),
        "pools.server" if pools.members.len() < MOST => {
            let mut words = value.split(' ');
            if let (Some(upstream), Some(address), Some(state)) =
                (words.next(), words.next(), words.next())
            {
                let down = state == "down";
                pools.members.push(Member {
                    upstream: word(upstream),
                    address: word(address),
                    down,
                });
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::probe::act::parse_look;

    #[test]
    fn pools_and_addresses_are_read_and_garbage_is_no_harm() {
        let look = parse_look(
            "machine m\naddress 10.0.0.2\naddress ::1\npools /etc/nginx/conf.d/a.conf\n\
             pools.upstream api\npools.sum 1 2\npools.server api 10.0.0.1:80 down\n\
             pools.server api 10.0.0.2:80 up\npools.server api\npools.pending /etc/x\npools.fault no\npools /b\n",
        );
        assert!(look.addresses.contains("10.0.0.2") && look.addresses.len() == 2);
        let [api, other] = look.pools.as_slice() else { panic!("{look:?}") };
        assert_eq!((&*api.id.upstream, &*api.sum), ("api", "1 2"));
        let down: Vec<bool> = api.members.iter().map(|member| member.down).collect();
        assert_eq!(down, [true, false]);
        assert_eq!(api.pending, ["/etc/x".into()]);
        assert_eq!(api.fault.as_deref(), Some("no"));
        assert!(other.members.is_empty() && other.id.upstream.is_empty());
        assert!(parse_look("pools.server a b up\npools.sum x\n").pools.is_empty());
    }
}
