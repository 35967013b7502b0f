# Other processes of the tests: PowerShell and mirord, with standard input at its end, output and errors read to memory.

$TestProcesses = [Collections.Generic.List[object]]::new()

function Open-Process([string] $Path, [string[]] $Arguments, [hashtable] $Environment = @{}) {
    # Starts; Complete-Process waits. Whatever still runs at the end of the file is killed.
    $info = [Diagnostics.ProcessStartInfo]::new($Path)
    foreach ($argument in $Arguments) { $info.ArgumentList.Add($argument) }
    $info.RedirectStandardInput = $info.RedirectStandardOutput = $info.RedirectStandardError = $true
    $info.UseShellExecute = $false
    $info.Environment['NO_COLOR'] = '1'
    $info.Environment['POWERSHELL_TELEMETRY_OPTOUT'] = '1'
    $info.Environment['POWERSHELL_UPDATECHECK'] = 'Off'
    foreach ($name in $Environment.Keys) { $info.Environment[$name] = $Environment[$name] }
    $process = [Diagnostics.Process]::Start($info)
    $process.StandardInput.Close()
    $running = [pscustomobject]@{ Process = $process; Output = $process.StandardOutput.ReadToEndAsync(); Error = $process.StandardError.ReadToEndAsync(); Name = "$Path $Arguments" }
    $TestProcesses.Add($running)
    $running
}

function Complete-Process([object] $Running, [int] $Seconds = 120) {
    if (-not $Running.Process.WaitForExit($Seconds * 1000)) {
        $Running.Process.Kill($true)
        throw "Still running after $Seconds seconds: $($Running.Name)`n$($Running.Output.Result)`n$($Running.Error.Result)"
    }
    [pscustomobject]@{
        ExitCode = $Running.Process.ExitCode
        Output   = $Running.Output.Result
        Lines    = @($Running.Output.Result -split '\r?\n' | Where-Object { $_ })
        Error    = $Running.Error.Result
    }
}

function Close-Process {
    foreach ($running in $TestProcesses) {
        if (-not $running.Process.HasExited) { $running.Process.Kill($true) }
        $running.Process.WaitForExit()
        $running.Process.Dispose()
    }
    $TestProcesses.Clear()
}

function Open-Pwsh([scriptblock] $Script, [string[]] $Arguments = @(), [hashtable] $Environment = @{}) {
    # A script in a PowerShell of its own, by -File: its exit code is what a scheduler would see.
    $file = Get-TestPath "script-$([guid]::NewGuid().ToString('n')).ps1"
    [IO.File]::WriteAllText($file, $Script.ToString())
    Open-Process ([Environment]::ProcessPath) (@('-NoProfile', '-File', $file) + $Arguments) $Environment
}

function Invoke-Pwsh([scriptblock] $Script, [string[]] $Arguments = @(), [hashtable] $Environment = @{}) {
    Complete-Process (Open-Pwsh $Script $Arguments $Environment)
}

function Get-Mirord {
    $name = if ($IsWindows) { 'mirord.exe' } else { 'mirord' }
    $found = 'Release', 'Debug' | ForEach-Object { Join-Path $Repository "src/SyncModule.Daemon/bin/$_/net10.0/$name" } | Where-Object { Test-Path $_ } | Select-Object -First 1
    if (-not $found) { throw 'Build mirord first: dotnet build src/SyncModule.Daemon -c Release' }
    $found
}

function Invoke-Mirord([string] $Command, [string] $Vault, [string[]] $Arguments = @()) {
    # One command on a test vault: what it printed.
    $result = Complete-Process (Open-Process (Get-Mirord) (@($Command, (Get-TestPath "vaults/$Vault"), '--key-file', (Get-TestPath "$Vault.key")) + $Arguments))
    if ($result.ExitCode -ne 0) { throw "mirord $Command ended with $($result.ExitCode): $($result.Error)" }
    $result.Output
}

function Open-Server([string] $Vault, [int] $Port = 0) {
    # mirord serve, in a process of its own.
    $file = Get-TestPath "$Vault.port"
    Remove-Item $file -ErrorAction Ignore
    $running = Open-Process (Get-Mirord) @('serve', (Get-TestPath "vaults/$Vault"), '--key-file', (Get-TestPath "$Vault.key"), '--listen', "127.0.0.1:$Port", '--port-file', $file)
    $text = Wait-Until {
        if ($running.Process.HasExited) { throw "mirord serve ended: $($running.Error.Result)" }
        if (Test-Path $file) { (Get-Content $file -Raw).Trim() }
    } 'the port of mirord serve'
    [pscustomobject]@{ Process = $running.Process; Address = $text -match ':' ? $text : "127.0.0.1:$text" }
}
