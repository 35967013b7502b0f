using System.Xml.Linq;
using SyncModule.Engine.Scheduling;

namespace SyncModule.Engine.Tests.Scheduling;

/// <summary>The texts that the three schedulers are given. systemd's are also run by the Pester suite; the others have not been run on their systems.</summary>
public class ScheduleTextTests
{
    [Fact]
    public void A_timer_runs_at_the_interval_after_a_first_run_soon()
    {
        string text = SystemdUnits.TimerOf(Plans.Plain);
        Assert.Contains("\nOnActiveSec=60s\nOnUnitActiveSec=900s\nAccuracySec=60s\n", text, StringComparison.Ordinal);
        Assert.Contains("\nWantedBy=timers.target\n", text, StringComparison.Ordinal);
        Assert.Contains("\nAccuracySec=6s\n", SystemdUnits.TimerOf(Plans.Plain with { Every = TimeSpan.FromMinutes(1) }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_runs_the_script_once_and_takes_2_and_3_for_no_failure()
    {
        string text = SystemdUnits.ServiceOf(Plans.Plain);
        Assert.Contains("\nType=oneshot\nExecStart=\"/usr/bin/pwsh\" \"-NoLogo\" \"-NoProfile\" \"-NonInteractive\" \"-File\" \"/home/me/.config/syncmodule/schedules/syncmodule-home.ps1\"\n", text, StringComparison.Ordinal);
        Assert.Contains("\nSuccessExitStatus=2 3\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_in_a_path_is_a_variable_a_specifier_or_the_end_of_a_word_for_systemd()
    {
        string line = SystemdUnits.ServiceOf(Plans.Nasty).Split('\n').Single(l => l.StartsWith("ExecStart=", StringComparison.Ordinal));
        Assert.Equal("""ExecStart="/opt/p w $s %%h/pw\"sh" "-NoLogo" "-NoProfile" "-NonInteractive" "-File" "/home/m e/$$HOME $${HOME} %%h%%n \"q\" \\ 'x' & <y>.ps1" """.TrimEnd(), line);
    }

    [Theory]
    [InlineData("syncmodule-home", "syncmodule-home")]
    [InlineData("syncmodule-a.b_C-9", "syncmodule-a.b_C-9")]
    [InlineData("syncmodule-büro", @"syncmodule-b\xc3\xbcro")]
    public void A_unit_name_has_ASCII_alone(string name, string unit) => Assert.Equal(unit, SystemdUnits.UnitName(name));

    [Fact]
    public void A_property_list_is_well_formed_and_says_what_to_run()
    {
        var document = XDocument.Parse(LaunchAgentPlist.Of(Plans.Nasty));
        Assert.Equal("plist", document.Root!.Name.LocalName);
        Assert.Equal("-//Apple//DTD PLIST 1.0//EN", document.DocumentType!.PublicId);
        var dictionary = document.Root.Elements().Single();
        var entries = dictionary.Elements().Chunk(2).ToDictionary(p => p[0].Value, p => p[1]);
        Assert.All(dictionary.Elements().Where((_, i) => i % 2 == 0), e => Assert.Equal("key", e.Name.LocalName));
        Assert.Equal(["Label", "ProcessType", "ProgramArguments", "RunAtLoad", "StartInterval"], entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("syncmodule-home", entries["Label"].Value);
        Assert.Equal(("integer", "900"), (entries["StartInterval"].Name.LocalName, entries["StartInterval"].Value));
        Assert.Equal([Plans.Nasty.Program, .. Plans.Nasty.Arguments], entries["ProgramArguments"].Elements("string").Select(e => e.Value));
    }

    [Fact]
    public void A_task_is_well_formed_of_version_1_2_and_repeats_for_ever()
    {
        XNamespace ns = "http://schemas.microsoft.com/windows/2004/02/mit/task";
        string text = TaskXml.Of(Plans.Plain with { Every = TimeSpan.FromHours(36), Program = @"C:\Program Files\PowerShell\7\pwsh.exe", Script = @"C:\Users\m e\AppData\x.ps1" });
        Assert.StartsWith("<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n", text, StringComparison.Ordinal);
        var task = XDocument.Parse(text).Root!;
        Assert.Equal((ns + "Task", "1.2"), (task.Name, task.Attribute("version")!.Value));
        Assert.Equal(["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"], task.Elements().Select(e => e.Name.LocalName));
        var repetition = task.Element(ns + "Triggers")!.Element(ns + "TimeTrigger")!.Element(ns + "Repetition")!;
        Assert.Equal("P1DT12H", repetition.Element(ns + "Interval")!.Value);
        Assert.Null(repetition.Element(ns + "Duration")); // none = without end
        var principal = task.Descendants(ns + "Principal").Single();
        Assert.Equal((@"DESK\me", "InteractiveToken", "LeastPrivilege"), (principal.Element(ns + "UserId")!.Value, principal.Element(ns + "LogonType")!.Value, principal.Element(ns + "RunLevel")!.Value));
        Assert.Equal(principal.Attribute("id")!.Value, task.Element(ns + "Actions")!.Attribute("Context")!.Value);
        Assert.Equal(@"C:\Program Files\PowerShell\7\pwsh.exe", task.Descendants(ns + "Command").Single().Value);
        Assert.Equal(@"-WindowStyle Hidden -NoLogo -NoProfile -NonInteractive -File ""C:\Users\m e\AppData\x.ps1""", task.Descendants(ns + "Arguments").Single().Value);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "\"\"")]
    [InlineData(@"C:\a b\", @"""C:\a b\\""")]
    [InlineData(@"a\\""b", @"""a\\\\\""b""")]
    [InlineData(@"C:\a\b", @"C:\a\b")]
    public void An_argument_of_Windows_is_quoted_as_its_programs_take_it_apart(string argument, string quoted) => Assert.Equal(quoted, TaskXml.Argument(argument));

    [Fact]
    public void A_script_ends_with_the_exit_code_of_the_summary()
    {
        string text = ScheduleScript.Of(Plans.Plain);
        Assert.Contains("\n$ErrorActionPreference = 'Stop'\nImport-Module 'SyncModule'\n$summary = Start-VaultSync -Vault '/home/me/SyncVaults/home' -KeyFile '/home/me/home.key' -ErrorAction Continue | Select-Object -Last 1\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\nexit ($summary ? $summary.ExitCode : 1)\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void No_path_leaves_its_string_in_the_script()
    {
        string text = ScheduleScript.Of(Plans.Nasty);
        Assert.Contains("$env:SYNCMODULE_HOME = '/home/m e/it''s'\n", text, StringComparison.Ordinal);
        Assert.Contains("-Peer 'nas', 'o''brien’’s' -Vault '/home/m e/it''s ‘‘a’’ \"vault\" $HOME %h & <x>\\' -KeyFile '/home/m e/50% $(touch x) `n ;''.key' -ErrorAction", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interval_that_not_every_scheduler_can_keep_is_refused()
    {
        Plans.Plain.Check();
        foreach (var every in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(59), TimeSpan.FromDays(32), TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(1), TimeSpan.FromMinutes(-5) })
            Assert.Equal("UsageWrong", Assert.Throws<SyncException>((Plans.Plain with { Every = every }).Check).ErrorId);
    }

    [Theory]
    [InlineData("/home/a\nExecStart=/bin/sh")]
    [InlineData("/home/a\0")]
    [InlineData("/home/a\u0085")]
    public void A_path_with_a_control_character_is_refused(string path) => Assert.Equal("UsageWrong", Assert.Throws<SyncException>((Plans.Plain with { KeyFile = path }).Check).ErrorId);
}
