# A record of connwhy to one flat row of schema.sql; what it has not is left out.
select(.event.name == "tcp.connect") | {
  timestamp, host: .host.name, attempt: .connect.attempt, outcome: .event.outcome, cause: .connect.cause,
  why_no_answer: .connect.why_no_answer, error: .error.type, duration_ns: .event.duration,
  peer_address: .network.peer.address, peer_port: .network.peer.port,
  via_address: .network.translation.peer.address, via_port: .network.translation.peer.port,
  local_address: .network.local.address, local_port: .network.local.port,
  executable: .process.executable.name, pid: .process.pid, uid: .process.user.id,
  cgroup: .cgroup.path, container: .container.id, pod: .k8s.pod.uid,
  syn_sent: .connect.syn_sent, complete: (if .connect.complete then 1 else 0 end),
  explanation: .connect.explanation, steps: (.connect.steps | tojson)
} | with_entries(select(.value != null))
